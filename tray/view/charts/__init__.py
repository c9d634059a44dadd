"""Charts as SVG, made of numbers. Pure: no style and no script of their own, colours are classes of page.css."""
