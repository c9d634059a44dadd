"""`tankful sessions --watch`: the live sessions, shown again whenever they change.

watch      looks every two seconds, and shows what changed, until it is stopped
screen     a terminal on which text is drawn in place
wait       for the next look, a key, a signal, or the reader's end
"""
