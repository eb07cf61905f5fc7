package io.tensorpool.client;

/**
 * How a source presented itself (wire specification 10.3.1).
 *
 * @param streamId    unsigned 32-bit id of its stream.
 * @param producerId  client id of its producer, unsigned.
 * @param epoch       that the producer writes into, unsigned.
 * @param metaVersion current version of its metadata, unsigned; 0 if ours has none yet.
 * @param name        for people and for discovery: printable ASCII, possibly empty.
 * @param summary     of usual shape and type: printable ASCII, possibly empty.
 */
public record DataSource(int streamId, int producerId, long epoch, int metaVersion, String name, String summary) {}
