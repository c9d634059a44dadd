"""Charts as SVG, made of numbers. Pure: no style and no script of their own, colours are classes of page.css.

Each takes one frozen struct and returns markup with its title, its legend and the same figures as a table:

    bars.bars(Bars)          stacked columns by day, week or month
    class_bar.class_bar      what a sum consists of: input, cache reads, cache writes, output
    use_line.use_line        how far a window was used over time, broken at its resets
    heatmap.heatmap          half a year or a year of days, by week
    rhythm.rhythm            weekday by part of the day
    row_bar.row_bar          a bar for a cell of a table
    meter.meter              what is left of a limit, with the time that is left as a tick

A value is a number, or None where it is not known, which is never drawn as 0. `series` has the units and colours
they share, `scale` the round numbers of an axis, `svg` the elements, `figure` what stands around a chart.
`python -m tools.chart_page FILE` shows all of them.
"""
