package io.tensorpool.protocol;

import io.tensorpool.ConsumerMode;
import io.tensorpool.ProgressHints;

/** What consumers and those who serve them say in the conversations. */
final class ConversationTexts {
    static final ConsumerHello PLAIN_HELLO =
            new ConsumerHello(10_000, -9, true, 1, ConsumerHello.Rate.ALL, ProgressHints.NOT_WANTED, OwnStreams.NONE);
    static final ConsumerHello ASKING_HELLO = new ConsumerHello(
            10_001,
            (int) 4_000_000_001L,
            false,
            1,
            new ConsumerHello.Rate(ConsumerMode.RATE_LIMITED, 30),
            new ProgressHints(true, 250, 65_536, 16),
            new OwnStreams(
                    new OwnStream("aeron:ipc?term-length=4m", 31_001),
                    new OwnStream("aeron:udp?endpoint=127.0.0.1:40123", 32_001)));
    static final ConsumerConfig ASSIGNING_CONFIG = new ConsumerConfig(
            10_000,
            42,
            false,
            ConsumerMode.RATE_LIMITED,
            "aeron:udp?endpoint=127.0.0.1:40200",
            new OwnStreams(new OwnStream("aeron:ipc", 31_001), new OwnStream("aeron:ipc?term-length=4m", 32_001)));

    private ConversationTexts() {}
}
