//! What can be wrong with the URL of a store. No error quotes it: anything in it may be the password, out of place.

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedisUrlError {
    /// No scheme at all.
    #[error("not a URL; write redis://host:6379")]
    NotUrl,
    /// Not one of ours.
    #[error(
        "no such store; the schemes are redis, rediss, redis+sentinel, rediss+sentinel, redis+cluster, rediss+cluster"
    )]
    Scheme,
    /// Blanks are never meant.
    #[error("contains a blank or a control character")]
    Blank,
    /// No host where one is needed.
    #[error("names no host; write {0}")]
    NoHost(&'static str),
    /// Neither a host name nor an IP address.
    #[error(
        "names a host that is neither a name nor an IP address; an IPv6 address is written in brackets, as in [::1]:6379"
    )]
    Host,
    /// Not a number from 1 to 65535.
    #[error(
        "a port is a number from 1 to 65535; what belongs to a password is percent-encoded: / is %2F, @ is %40, : is %3A"
    )]
    Port,
    /// Several hosts where one is needed.
    #[error("names several hosts; a list of them belongs to redis+sentinel:// or redis+cluster://")]
    SeveralHosts,
    /// A user alone.
    #[error("names a user without a password; a password alone is written redis://:password@host")]
    NoPassword,
    /// Nothing where credentials are announced.
    #[error("has an empty user and password; leave out the @ or write :password@")]
    EmptyCredentials,
    /// A `%` that encodes nothing.
    #[error(
        "a % is followed by two hexadecimal digits and stands for one byte of UTF-8; a % of the password is written %25"
    )]
    Percent,
    /// A delimiter inside the password.
    #[error("has an @ behind the hosts; in a password / is written %2F, ? is %3F and # is %23")]
    UnencodedDelimiter,
    /// What follows the host is no number.
    #[error("what follows the host must be the number of a database, such as /0")]
    Database,
    /// No name of a primary.
    #[error(
        "names no primary; write redis+sentinel://host:26379/name, with the name that the sentinels watch it under"
    )]
    NoPrimary,
    /// A name that no sentinel takes.
    #[error(
        "the name of the primary has letters, digits, and . - _ only, and nothing but the number of a database follows it"
    )]
    PrimaryName,
    /// A database of a cluster.
    #[error("nothing follows the hosts of a cluster; it has one database")]
    ClusterPath,
    /// Parameters where there are none.
    #[error("must have no query and no fragment")]
    Query,
    /// A parameter that nobody knows.
    #[error(
        "the parameters are sentinel_user and sentinel_password, each at most once, and the first needs the second"
    )]
    SentinelQuery,
}
