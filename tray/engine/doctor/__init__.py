"""What `tankful doctor` reports: facts only. `tray.view.doctor` decides which of them are problems."""
