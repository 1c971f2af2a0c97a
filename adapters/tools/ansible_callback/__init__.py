"""What Ansible loads of ours: the callback plugin `sayso_events.py` and the settings `ansible.cfg`.

Nothing of the product imports the plugin; `adapters/tools/ansible_playbook.py` names this folder to Ansible.
"""
