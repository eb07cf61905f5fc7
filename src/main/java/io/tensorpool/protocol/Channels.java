package io.tensorpool.protocol;

import io.aeron.ChannelUri;
import io.aeron.CommonContext;
import io.tensorpool.ConfigurationException;

/**
 * What the library adds to a configured channel, so that a reader that stands still cannot stop a writer for long. The
 * time-outs belong on the publication, the tether on the subscription. A parameter that the user has set stays.
 */
public final class Channels {
    private static final String WINDOW_LIMIT_TIMEOUT = "200ms";
    private static final String LINGER_TIMEOUT = "100ms";
    private static final String RESTING_TIMEOUT = "5s";

    private Channels() {}

    /**
     * Channel of a subscription that may be left behind.
     *
     * @param channel as configured.
     * @return the same, untethered.
     */
    public static String subscription(final String channel) {
        return with(channel, CommonContext.TETHER_PARAM_NAME, "false");
    }

    /**
     * Channel of a publication that leaves slow subscriptions behind.
     *
     * @param channel as configured.
     * @return the same, with short time-outs.
     */
    public static String publication(final String channel) {
        final String limited =
                with(channel, CommonContext.UNTETHERED_WINDOW_LIMIT_TIMEOUT_PARAM_NAME, WINDOW_LIMIT_TIMEOUT);
        final String lingering = with(limited, CommonContext.UNTETHERED_LINGER_TIMEOUT_PARAM_NAME, LINGER_TIMEOUT);
        return with(lingering, CommonContext.UNTETHERED_RESTING_TIMEOUT_PARAM_NAME, RESTING_TIMEOUT);
    }

    /**
     * Channel of a subscription to one publication alone.
     *
     * @param channel   as configured.
     * @param sessionId of the publication.
     * @return the same, filtered.
     */
    public static String session(final String channel, final int sessionId) {
        return with(channel, CommonContext.SESSION_ID_PARAM_NAME, Integer.toString(sessionId));
    }

    private static ChannelUri parse(final String channel) {
        try {
            return ChannelUri.parse(channel);
        } catch (final IllegalArgumentException ex) {
            throw new ConfigurationException(
                    "channel '" + channel + "' is none of Aeron's, such as aeron:ipc: " + ex.getMessage(), ex);
        }
    }

    private static String with(final String channel, final String parameter, final String value) {
        final ChannelUri uri = parse(channel);
        if (!uri.containsKey(parameter)) {
            uri.put(parameter, value);
        }
        return uri.toString();
    }
}
