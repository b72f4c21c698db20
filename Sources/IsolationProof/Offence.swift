/// What a strategy may do to harm others, done for real: how a node proves that its limits hold, and the tests do.
///
/// Here are the names alone, for who asks for one; what each does is in `Offending`, and that in `optimizer-offender`. Each
/// is bounded, so that a machine survives it where nothing stops it.
package enum Offence: String, CaseIterable, Sendable {
    /// An endless loop in four threads.
    case burn
    /// Sleeps for ever.
    case sleep
    /// Takes and uses memory, a megabyte at a time, up to 4 GB.
    case hoard
    /// Asks for 4 GB at once, and uses them.
    case grab
    /// Three processes that hold 40 MB each.
    case spreadMemory = "spread-memory"
    /// Writes 256 MB to the machine's shared memory, in files of 16 MB.
    case fillSharedMemory = "fill-shared-memory"
    /// Writes a file of 200 MB.
    case longFile = "long-file"
    /// Doubles its processes ten times.
    case forkBomb = "fork-bomb"
    /// A process that burns, in a session of its own and without a parent.
    case daemon
    /// Opens 100,000 files.
    case manyFiles = "many-files"
    /// A recursion without end.
    case recursion
    /// Opens a connection to the network.
    case network
    /// Writes a file outside of its own directory.
    case write
    /// Writes a file in its own directory; this is allowed.
    case writeOwn = "write-own"
    /// Reads a file that is none of its business.
    case readFile = "read-file"
    /// Sends a signal to the node, or to another process, one that does nothing.
    case signal
    /// Kills the node, its group and everybody where nothing refuses it, then its own group.
    case killNode = "kill-node"
    /// Reads the node's environment.
    case readEnvironment = "read-environment"
    /// Reads the memory of the node, or of another process.
    case readMemory = "read-memory"
    /// Runs a program that would make it root.
    case gainPrivileges = "gain-privileges"
}
