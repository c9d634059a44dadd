"""The live sessions on the page.

looks       one look at a time, again and again while an open tab shows them
chosen      those that the filters of an address leave
facts       what is shown of one session
sentences   what is shown around them
stream      what a tab that shows them hears of
"""
