package io.tensorpool;

/** A setting, argument or environment is not usable. The message names it, the value found and what was expected. */
public class ConfigurationException extends TensorPoolException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message only.
     *
     * @param message names the setting, the value found and what was expected.
     */
    public ConfigurationException(final String message) {
        super(message);
    }

    /**
     * With a cause.
     *
     * @param message names the setting, the value found and what was expected.
     * @param cause   what led to it.
     */
    public ConfigurationException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
