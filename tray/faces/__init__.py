"""What shows the snapshot beside the tray: status lines, bars, metrics, the page."""
