//! Real gifchat processes on one database.
