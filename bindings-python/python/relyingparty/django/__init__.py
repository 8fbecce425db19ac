"""Login with OpenID Connect in Django: an application with routes, a middleware and an authentication backend.

Put ``relyingparty.django`` into ``INSTALLED_APPS``. ``manage.py check`` says what is missing in the settings.
"""
