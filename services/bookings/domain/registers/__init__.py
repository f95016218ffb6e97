"""Guest registers: what the law asks to know of who stays, by country, and the files that say it."""
