package io.tensorpool.driver;

import io.aeron.Publication;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.runtime.LastingPublication;
import io.tensorpool.runtime.LastingSubscription;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The control stream from where it stood when the driver was launched, or came back to it. A new subscription begins where
 * the slowest of the others stands, be it one of a process that was killed; so it would hear what clients asked of the driver
 * before, the request to end among it, and grant leases that nobody waits for. Conductor's thread.
 */
final class RequestsSinceLaunch implements FragmentSource {
    private final LastingSubscription subscription;
    private final LastingPublication shared;
    private final FragmentHandler filter = this::onFragment;
    private @Nullable Publication known;
    private @Nullable FragmentHandler handler;
    private int sessionId;
    private long launchPosition;

    /**
     * At launch.
     *
     * @param shared the driver's own publication on the stream: on IPC all shared ones write into one log.
     */
    RequestsSinceLaunch(final LastingSubscription subscription, final LastingPublication shared) {
        this.subscription = subscription;
        this.shared = shared;
        isAtLaunch();
    }

    @Override
    public int poll(final FragmentHandler to, final int fragmentLimit) {
        if (!isAtLaunch()) {
            return 0;
        }
        handler = to;
        return subscription.poll(filter, fragmentLimit);
    }

    /** Takes down where the stream stands, for each publication anew. False if there is none now. */
    @SuppressWarnings("ReferenceEquality") // identity is what is asked for
    private boolean isAtLaunch() {
        final Publication current = shared.resource().current();
        if (current != known && current != null) {
            sessionId = current.sessionId();
            launchPosition = current.position();
        }
        known = current;
        return current != null;
    }

    private void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        if (handler != null && (header.sessionId() != sessionId || header.position() > launchPosition)) {
            handler.onFragment(buffer, offset, length, header);
        }
    }
}
