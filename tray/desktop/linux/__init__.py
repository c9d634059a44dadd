"""The tray of a Linux desktop: StatusNotifierItem and dbusmenu over the session bus, or XEmbed."""
