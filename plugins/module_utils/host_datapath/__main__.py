"""``python -m …host_datapath`` is the command, too."""

from __future__ import annotations

from .cli import main

raise SystemExit(main())
