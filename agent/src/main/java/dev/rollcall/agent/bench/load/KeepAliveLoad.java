package dev.rollcall.agent.bench.load;

import dev.rollcall.agent.bench.wire.CallEvents;
import dev.rollcall.agent.bench.wire.GrpcCall;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.LeaseRevokeResponse;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Each client has a lease and a stream of its own, which stays open, and renews the lease as soon as it was renewed. */
public final class KeepAliveLoad implements Load {
    private static final int TTL_S = 600;

    @Override
    public Prepared prepare(Fleet fleet, LoadOptions options) throws InterruptedException {
        LeaseGrantRequest grant = LeaseGrantRequest.newBuilder().setTTL(TTL_S).build();
        List<LeaseGrantResponse> leases = Calls.all(
                options.clients(),
                i -> Calls.start(fleet.of(i), EtcdMethod.LEASE_GRANT, grant, LeaseGrantResponse.parser()));
        return new Prepared() {
            @Override
            public LoadResult run(Progress progress) throws InterruptedException {
                Run run = new Run(options.clients(), options.total(), options.total(), options.ratePerSecond());
                for (int i = 0; i < options.clients(); i++) {
                    new Client(run, fleet.of(i), leases.get(i).getID()).start();
                }
                run.await(progress);
                return run.result();
            }

            @Override
            public void close() {
                try {
                    revoke(fleet, leases);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
    }

    private static void revoke(Fleet fleet, List<LeaseGrantResponse> leases) throws InterruptedException {
        var unused = Calls.all(
                leases.size(),
                i -> Calls.start(
                        fleet.of(i),
                        EtcdMethod.LEASE_REVOKE,
                        LeaseRevokeRequest.newBuilder()
                                .setID(leases.get(i).getID())
                                .build(),
                        LeaseRevokeResponse.parser()));
    }

    private static final class Client implements CallEvents {
        private final Run run;
        private final GrpcConnection connection;
        private final Recorder recorder;
        private final byte[] request;
        private @Nullable GrpcCall stream;
        private long startNanos;
        private boolean left;

        Client(Run run, GrpcConnection connection, long lease) {
            this.run = run;
            this.connection = connection;
            this.recorder = run.recorder(connection.loop());
            this.request =
                    LeaseKeepAliveRequest.newBuilder().setID(lease).build().toByteArray();
        }

        void start() {
            connection.loop().execute(() -> {
                stream = connection.open(EtcdMethod.LEASE_KEEP_ALIVE, this);
                if (stream != null) {
                    next();
                }
            });
        }

        private void next() {
            long number = run.take();
            GrpcCall open = stream;
            if (number == Run.NONE || open == null) {
                leave();
                return;
            }
            startNanos = run.dueNanos(number);
            long earlyNanos = startNanos - System.nanoTime();
            if (earlyNanos > 0) {
                var unused = connection
                        .loop()
                        .schedule(() -> connection.send(open, request), earlyNanos, TimeUnit.NANOSECONDS);
            } else {
                connection.send(open, request);
            }
        }

        @Override
        public void message(ByteBuf in, int length) {
            long now = System.nanoTime();
            // Without a TTL at the end the lease is gone.
            if (ttl(in, length) > 0) {
                recorder.success(startNanos, now);
            } else {
                recorder.failure("the lease is gone", now);
            }
            run.done();
            next();
        }

        private static long ttl(ByteBuf in, int length) {
            int end = in.readerIndex() + length;
            while (in.readerIndex() < end) {
                int tag = (int) Wire.varint(in);
                if (tag == Wire.varintTag(3)) {
                    return Wire.varint(in);
                }
                Wire.skip(in, tag);
            }
            return 0;
        }

        @Override
        public void end(int status, String detail) {
            stream = null;
            if (!left) {
                recorder.failure(detail.isEmpty() ? "the stream was ended" : detail, System.nanoTime());
                run.done();
                leave();
            }
        }

        private void leave() {
            GrpcCall open = stream;
            if (open != null) {
                stream = null;
                connection.cancel(open);
            }
            if (!left) {
                left = true;
                run.leave();
            }
        }
    }
}
