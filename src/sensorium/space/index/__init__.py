"""Find things in folders of media: what they hold is embedded once, kept in a store, and searched."""
