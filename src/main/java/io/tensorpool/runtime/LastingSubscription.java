package io.tensorpool.runtime;

import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.protocol.FragmentSource;
import org.jspecify.annotations.Nullable;

/**
 * A subscription that outlives the Aeron client that it was made with; silent while there is none. Conductor's thread.
 *
 * @param resource the subscription.
 */
public record LastingSubscription(AeronResource<Subscription> resource) implements FragmentSource {
    @Override
    public int poll(final FragmentHandler handler, final int limit) {
        final @Nullable Subscription current = resource.current();
        return current == null ? 0 : current.poll(handler, limit);
    }
}
