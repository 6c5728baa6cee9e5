//! The SQL database for the browser that never forgets.
