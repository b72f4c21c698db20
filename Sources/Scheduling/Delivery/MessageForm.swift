/// What of a message is published, once its topic has refused the form before.
package enum MessageForm: Sendable {
    case full
    /// A small result, or the coordinates of a dead letter.
    case small
    /// In the place of a result that its topic takes in no form.
    case deadLetter
}
