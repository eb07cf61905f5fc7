package io.tensorpool.bench;

import io.tensorpool.ConfigurationException;

/**
 * How long a trial lasts.
 *
 * @param warmupSeconds not measured, 0 to an hour.
 * @param seconds       measured, more than 0, at most an hour.
 */
public record Timing(double warmupSeconds, double seconds) {
    private static final double SECONDS_MAX = 3600;

    /**
     * Checks the numbers.
     *
     * @throws ConfigurationException naming the option of the role, the value and what was expected.
     */
    public Timing {
        if (!(warmupSeconds >= 0 && warmupSeconds <= SECONDS_MAX)) {
            throw new ConfigurationException("--warmup-seconds " + warmupSeconds + ": expected 0 to " + SECONDS_MAX);
        }
        if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
            throw new ConfigurationException(
                    "--seconds " + seconds + ": expected more than 0 and at most " + SECONDS_MAX);
        }
    }
}
