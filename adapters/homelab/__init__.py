"""The homelab example: a catalogue, a policy, a people file and a workspace with real playbooks and scripts.

Data only. It ships with the distribution, is copied to the home at the first start without configuration
(`adapters/home.py`), and is the owner's from then on: what people read here is what they learn to write.
"""
