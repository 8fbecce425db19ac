"""``mypy.stubtest``, where Django is set up: it imports every module of the package."""

from __future__ import annotations

import sys

import django
from django.conf import settings
from mypy.stubtest import main

settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "relyingparty.django"])
django.setup()
sys.exit(main())
