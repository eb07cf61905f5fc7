package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import picocli.CommandLine.Option;

/** {@code --stream}. */
final class StreamOption {
    @Option(
            names = "--stream",
            required = true,
            paramLabel = "ID",
            description = "stream id, 1 to 4294967294; 10000 in the sample configuration")
    String text = "";

    StreamOption() {}

    /** Unsigned 32-bit id. */
    int id() {
        try {
            final int id = Integer.parseUnsignedInt(text);
            if (id != 0 && id != -1) {
                return id;
            }
        } catch (final NumberFormatException ex) {
            throw new ConfigurationException("--stream '" + text + "': expected a number from 1 to 4294967294", ex);
        }
        throw new ConfigurationException("--stream '" + text + "': expected a number from 1 to 4294967294");
    }
}
