/**
 * What applications hold in their hands: a client, its producers and consumers, their claims and frames. One conductor
 * owns all control state; a producer and a consumer belong to one application thread each.
 */
@NullMarked
package io.tensorpool.client;

import org.jspecify.annotations.NullMarked;
