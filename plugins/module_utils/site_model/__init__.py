"""The site model: one description of a site, its rules, and what follows from it.

``templates``  values that Ansible resolves
``sections``   the types, one file for each top-level variable
``source``     YAML files with the position of every key; ``inventory`` a site's folder
``rules``      what must hold between the parts; ``validate`` runs everything
``derive``     pure functions from the model to what a layer needs
``reference``  JSON Schema and the reference page

Runs on the controller only (pydantic).
"""
