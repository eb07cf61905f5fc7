package io.tensorpool.bench;

/** One side of a subject, in a process of its own. Ends by itself when the talk is stopped. */
@FunctionalInterface
interface BenchRole {
    /**
     * Does what the options say, and says so.
     *
     * @throws io.tensorpool.TensorPoolException if it cannot; the message names the reason.
     */
    void run(RoleOptions options, RoleTalk talk) throws InterruptedException;
}
