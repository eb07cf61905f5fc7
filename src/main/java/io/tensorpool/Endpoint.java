package io.tensorpool;

/**
 * Where messages travel: an Aeron channel and a stream id on it.
 *
 * @param channel  Aeron URI, not blank.
 * @param streamId Aeron stream id.
 */
public record Endpoint(String channel, int streamId) {
    /** Channel of every default endpoint: small terms, because each publication fills three of them. */
    public static final String IPC_CHANNEL = "aeron:ipc?term-length=4m";

    /**
     * Checks the channel.
     *
     * @throws ConfigurationException if the channel does not start with {@code aeron:}.
     */
    public Endpoint {
        if (!channel.startsWith("aeron:")) {
            throw new ConfigurationException(
                    "channel '" + channel + "' is not an Aeron URI: it must start with 'aeron:'");
        }
    }

    /**
     * An endpoint on the default IPC channel.
     *
     * @param streamId Aeron stream id.
     * @return the endpoint.
     */
    public static Endpoint ipc(final int streamId) {
        return new Endpoint(IPC_CHANNEL, streamId);
    }

    @Override
    public String toString() {
        return channel + " stream " + streamId;
    }
}
