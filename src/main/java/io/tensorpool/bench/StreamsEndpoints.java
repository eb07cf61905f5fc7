package io.tensorpool.bench;

import io.tensorpool.Endpoint;
import io.tensorpool.client.ClientContext;

/** Where the frames of many streams are announced: by configuration on both sides, since nothing does it by itself. */
final class StreamsEndpoints {
    /** Each publication fills three terms: short ones, for there are many. */
    private static final String CHANNEL = "aeron:ipc?term-length=256k";

    private static final int SHARED_STREAM_ID = 1100;

    private StreamsEndpoints() {}

    static ClientContext context(final RoleOptions options, final String name) {
        return RoleClients.context(options, name).descriptorEndpoint(new Endpoint(CHANNEL, SHARED_STREAM_ID));
    }

    /** Of the stream of a number, from 0. */
    static Endpoint descriptors(final RoleOptions options, final int index) {
        final boolean isOwn = options.setting().extra(Extras.OWN_DESCRIPTORS) == 1;
        return new Endpoint(CHANNEL, isOwn ? options.streamId() + index : SHARED_STREAM_ID);
    }
}
