"""The `foerderweg` command and the launcher of the embedded servers."""
