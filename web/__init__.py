"""The HTTP side: Flask application, screens, API and the `foerderweg` command."""
