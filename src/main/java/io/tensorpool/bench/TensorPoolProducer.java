package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;

/** Publishes frames with this implementation. */
final class TensorPoolProducer implements BenchRole {
    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        if (options.setting().extras().containsKey(Extras.CONSUMERS)) {
            new BurstProducer().run(options, talk);
        } else if (options.setting().extras().containsKey(Extras.STREAMS)) {
            new StreamsProducer().run(options, talk);
        } else {
            publish(options, talk);
        }
    }

    private static void publish(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        try (TensorPoolClient client = RoleClients.connect(options, RoleClients.PRODUCER_NAME);
                Producer producer = client.addProducer(options.streamId())) {
            if (!producer.awaitConnected(RoleClients.CONNECT_TIMEOUT)) {
                throw new TensorPoolException(
                        producer + ": no consumer came within " + RoleClients.CONNECT_TIMEOUT.toSeconds() + " s");
            }
            final FrameSender sender = new FrameSender(producer, options.setting());
            talk.ready();
            talk.result(ProducerLoop.run(sender, options, talk));
            talk.awaitStop(); // the memory goes with the producer: not before the consumer is through
        }
    }
}
