"""What helps where a server refuses, by the code of its error."""

from __future__ import annotations

OLDEST = (5, 26)
"""The oldest Neo4j that knows all that is asked of it."""
NEEDED = f"voltrace needs Neo4j {OLDEST[0]}.{OLDEST[1]} or newer; upgrade the server"
UNFILTERED = "Notification filtering is not supported"
"""What the driver says of a server before Neo4j 5.7 as soon as it answers, whatever is asked of it then."""
BOOKMARKS = ("Neo.TransientError.Transaction.BookmarkTimeout", "Neo.ClientError.Transaction.InvalidBookmark")
"""What a server says that never had the state of a bookmark: a backup was loaded, or it is another database's."""
TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
FEWER = "record fewer events at once (--batch of `voltrace ingest`), or give "
WAYS_OUT = {
    "Neo.ClientError.Database.DatabaseNotFound": "name one that is there with VOLTRACE_NEO4J_DATABASE",
    **dict.fromkeys(
        TIMED_OUT, "VOLTRACE_READ_TIMEOUT_S and VOLTRACE_WRITE_TIMEOUT_S are how long a read and a write may take"
    ),
    "Neo.DatabaseError.Schema.ConstraintCreationFailed": "delete one of the two, and run `voltrace migrate` again",
    "Neo.ClientError.Security.Forbidden": "grant the user of VOLTRACE_NEO4J_USER reading, writing and the schema",
    "Neo.ClientError.Security.AuthenticationRateLimit": "set VOLTRACE_NEO4J_USER and VOLTRACE_NEO4J_PASSWORD, and wait "
    "some seconds: that long the server lets nobody of that name in (dbms.security.auth_lock_time)",
    "Neo.ClientError.Security.CredentialsExpired": "change that password, as with ALTER CURRENT USER SET PASSWORD FROM "
    "'old' TO 'new' in the database system, and set VOLTRACE_NEO4J_PASSWORD to the new one",
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError": FEWER
    + "transactions more memory (db.memory.transaction.total.max, dbms.memory.transaction.total.max)",
    "Neo.TransientError.General.TransactionMemoryLimit": FEWER + "transactions more memory (db.memory.transaction.max)",
    DEADLOCK: "another transaction held what this one wanted, and the other "
    "way round; nothing of this one was done: send it again, and end what holds nodes of voltrace for long",
    BOOKMARKS[0]: "it was set back to an earlier state, or a replica lags; ask again, without an old Voltrace-Bookmark",
    BOOKMARKS[1]: "ask again, without that Voltrace-Bookmark",
}
"""What helps, by the code of a server's error."""
SAID = {DEADLOCK: "deadlock", **dict.fromkeys(TIMED_OUT, "it took longer than it may, and was ended")}
"""What is told in place of what a server says, which advises its own clients."""
