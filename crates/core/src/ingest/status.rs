//! What `/api/v1/status/tsdb` tells: totals and top lists of a server's head.
