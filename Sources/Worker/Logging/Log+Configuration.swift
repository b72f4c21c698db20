package import Configuration
package import System

extension LogQueue {
    /// A queue for lines in the format the configuration asks for.
    /// - Throws: `SystemFailure` when the system gives no thread or descriptor.
    package convenience init(_ logging: OptimizerConfiguration.Logging) throws(SystemFailure) {
        let format: Log.Format? =
            switch logging.format {
            case .auto: nil
            case .json: .json
            case .text: .text
            }
        try self.init(format: format)
    }
}

extension Log {
    /// The log the configuration asks for.
    package init(_ queue: LogQueue, _ logging: OptimizerConfiguration.Logging) {
        self.init(queue, minimum: Level(rawValue: logging.level.rawValue) ?? .info)
    }
}
