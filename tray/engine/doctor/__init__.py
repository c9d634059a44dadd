"""What `tankful doctor` reports: facts alone. What of them is not well is judged by `tray.view.doctor`."""
