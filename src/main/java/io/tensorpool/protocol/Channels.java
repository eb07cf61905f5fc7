package io.tensorpool.protocol;

import io.aeron.ChannelUri;
import io.aeron.CommonContext;
import io.aeron.logbuffer.LogBufferDescriptor;
import io.tensorpool.ConfigurationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.BitUtil;
import org.agrona.SystemUtil;
import org.jspecify.annotations.Nullable;

/**
 * What the library adds to a configured channel, so that a reader that stands still cannot stop a writer for long. The
 * time-outs belong on the publication, the tether on the subscription. A parameter that the user has set stays.
 */
public final class Channels {
    private static final String WINDOW_LIMIT_TIMEOUT = "200ms";
    private static final String LINGER_TIMEOUT = "100ms";
    private static final String RESTING_TIMEOUT = "5s";

    private static final String OWN_STREAM_TERM_LENGTH = "256k";
    private static final long OWN_STREAM_TERM_LENGTH_MAX = 4 * 1024 * 1024;

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
        } catch (final IllegalArgumentException | IllegalStateException ex) {
            throw new ConfigurationException(
                    "channel '" + channel + "' is none of Aeron's, such as aeron:ipc: " + ex.getMessage(), ex);
        }
    }

    /**
     * Whether a channel may be used for a stream of one consumer's own. Whoever can write to the control stream can ask for
     * one, so it is on IPC, with small terms, and without any parameter that could disturb others.
     *
     * @param channel as asked for or assigned.
     * @return false if the stream is to be declined.
     */
    public static boolean isForOwnStream(final String channel) {
        if (!channel.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            return false;
        }
        try {
            final ChannelUri uri = ChannelUri.parse(channel);
            final AtomicBoolean isPlain =
                    new AtomicBoolean(uri.isIpc() && uri.prefix().isEmpty());
            uri.forEachParameter((key, value) -> {
                if (!key.equals(CommonContext.TERM_LENGTH_PARAM_NAME) && !key.equals(CommonContext.ALIAS_PARAM_NAME)) {
                    isPlain.set(false);
                }
            });
            return isPlain.get() && isOwnStreamTermLength(uri.get(CommonContext.TERM_LENGTH_PARAM_NAME));
        } catch (final IllegalArgumentException | IllegalStateException ex) {
            return false; // what is not a channel is none that may be used
        }
    }

    private static boolean isOwnStreamTermLength(final @Nullable String termLength) {
        if (termLength == null) {
            return true;
        }
        final long length = SystemUtil.parseSize(CommonContext.TERM_LENGTH_PARAM_NAME, termLength);
        return length >= LogBufferDescriptor.TERM_MIN_LENGTH
                && length <= OWN_STREAM_TERM_LENGTH_MAX
                && BitUtil.isPowerOfTwo(length);
    }

    /**
     * Channel of a publication for one consumer: with small terms unless it says otherwise, because there may be many.
     *
     * @param channel {@link #isForOwnStream}.
     * @return the same, with a term length.
     */
    public static String withSmallTerms(final String channel) {
        return with(channel, CommonContext.TERM_LENGTH_PARAM_NAME, OWN_STREAM_TERM_LENGTH);
    }

    private static String with(final String channel, final String parameter, final String value) {
        final ChannelUri uri = parse(channel);
        if (!uri.containsKey(parameter)) {
            uri.put(parameter, value);
        }
        return uri.toString();
    }
}
