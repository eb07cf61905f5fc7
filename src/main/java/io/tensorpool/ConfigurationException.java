package io.tensorpool;

import java.util.List;

/** A setting, argument or environment is not usable. The message names it, the value found and what was expected. */
public class ConfigurationException extends TensorPoolException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> faults;

    /**
     * With a message only.
     *
     * @param message names the setting, the value found and what was expected.
     */
    public ConfigurationException(final String message) {
        super(message);
        faults = List.of(message);
    }

    /**
     * With a cause.
     *
     * @param message names the setting, the value found and what was expected.
     * @param cause   what led to it.
     */
    public ConfigurationException(final String message, final Throwable cause) {
        super(message, cause);
        faults = List.of(message);
    }

    /**
     * With everything that is wrong.
     *
     * @param faults at least one; each names a setting, the value found and what was expected. The message has one per line.
     */
    public ConfigurationException(final List<String> faults) {
        super(String.join("\n", faults));
        this.faults = List.copyOf(faults);
    }

    /**
     * Everything that is wrong.
     *
     * @return one text for each fault, in the order in which they were found; mostly there is one, the message.
     */
    public List<String> faults() {
        return faults == null ? List.of(String.valueOf(getMessage())) : faults;
    }
}
