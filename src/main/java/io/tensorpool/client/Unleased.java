package io.tensorpool.client;

import io.tensorpool.TensorPoolException;

/** A consumer's hold without a driver: it asks nobody, and maps what is announced or what it was given. */
final class Unleased implements Hold {
    private final Owner owner;
    private final AttachmentStatus status;
    private final ClientIds ids;
    private int clientId;
    private AttachmentState state = AttachmentState.ATTACHED;

    Unleased(final ClientIds ids, final Owner owner, final AttachmentStatus status) {
        this.ids = ids;
        this.clientId = ids.nextClientId();
        this.owner = owner;
        this.status = status;
        status.asksAs(clientId, 0);
        status.to(state, "");
    }

    private void to(final AttachmentState next, final String cause) {
        final AttachmentState from = state;
        if (from.isFinal()) {
            return;
        }
        state = next;
        status.to(next, cause);
        if (from != next) {
            owner.onStateChanged(from);
        }
    }

    @Override
    public AttachmentState state() {
        return state;
    }

    @Override
    public int clientId() {
        return clientId;
    }

    @Override
    public int doWork(final long nowNs) {
        return 0;
    }

    @Override
    public void onMapped() {
        to(AttachmentState.MAPPED, "");
    }

    @Override
    public void onActive() {
        to(AttachmentState.ACTIVE, "");
    }

    @Override
    public void onUnmapped() {
        to(AttachmentState.ATTACHED, "its memory is not mapped");
    }

    @Override
    public void reattach(final String cause) {
        owner.onLeaseLost(cause);
        onUnmapped();
    }

    @Override
    public void reattachAsAnother(final String cause) {
        clientId = ids.nextClientId();
        status.asksAs(clientId, 0);
        reattach(cause);
    }

    @Override
    public void fail(final TensorPoolException cause) {
        status.failed(cause);
        to(AttachmentState.FAILED, String.valueOf(cause.getMessage()));
        owner.onAttachFailed(cause);
    }

    /** What is mapped lies in files, and stays as good as it was. */
    @Override
    public void onAeronLost() {
        // nothing of Aeron's is held
    }

    @Override
    public void abandon(final TensorPoolException cause) {
        status.failed(cause);
        to(AttachmentState.CLOSED, String.valueOf(cause.getMessage()));
    }

    @Override
    public void close(final long timeoutNs) {
        to(AttachmentState.CLOSED, "");
    }
}
