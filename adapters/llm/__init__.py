"""The providers of language models, one module for each; their SDKs are imported there, with the first question."""
