"""The Cloud Functions: what happens when a page has written a document.

They submit, write and return; none waits for a GPU. Each is woken by a creation and never by an update, so that
nothing we write can wake us.
"""
