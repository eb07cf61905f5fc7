package io.tensorpool.bench;

import io.tensorpool.Endpoint;
import io.tensorpool.client.ClientContext;

/** Where the frames of many streams are announced: by configuration on both sides, since nothing does it by itself. */
final class StreamsEndpoints {
    /** Each publication fills three terms: short ones where there are many. */
    private static final String SHORT_TERMS = "aeron:ipc?term-length=256k";

    private static final int FEW = 16;

    private StreamsEndpoints() {}

    private static String channel(final RoleOptions options) {
        return options.setting().extra(Extras.STREAMS) <= FEW ? RoleClients.LONG_TERMS : SHORT_TERMS;
    }

    static ClientContext context(final RoleOptions options, final String name) {
        return RoleClients.context(options, name)
                .descriptorEndpoint(new Endpoint(channel(options), RoleClients.DESCRIPTOR_STREAM_ID));
    }

    /** Of the stream of a number, from 0. */
    static Endpoint descriptors(final RoleOptions options, final int index) {
        final boolean isOwn = options.setting().extra(Extras.OWN_DESCRIPTORS) == 1;
        return new Endpoint(channel(options), isOwn ? options.streamId() + index : RoleClients.DESCRIPTOR_STREAM_ID);
    }
}
