package dev.rollcall.agent.bench.load;

import dev.rollcall.agent.bench.wire.CallEvents;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One client of unary calls: asks, waits for the answer, asks again. */
final class UnaryClient implements CallEvents {
    private final Run run;
    private final GrpcConnection connection;
    private final Requests requests;
    private final Recorder recorder;
    private long number;
    private long startNanos;
    private @Nullable String wrong;

    UnaryClient(Run run, GrpcConnection connection, Requests requests) {
        this.run = run;
        this.connection = connection;
        this.requests = requests;
        this.recorder = run.recorder(connection.loop());
    }

    void start() {
        connection.loop().execute(this::next);
    }

    private void next() {
        number = run.take();
        if (number == Run.NONE || !connection.isOpen()) {
            run.leave();
            return;
        }
        startNanos = run.dueNanos(number);
        long earlyNanos = startNanos - System.nanoTime();
        if (earlyNanos > 0) {
            var unused = connection.loop().schedule(this::ask, earlyNanos, TimeUnit.NANOSECONDS);
        } else {
            ask();
        }
    }

    private void ask() {
        wrong = null;
        byte[] request = requests.next(number, startNanos);
        connection.unary(requests.method(), request, this);
    }

    @Override
    public void message(ByteBuf in, int length) {
        wrong = requests.check(length);
    }

    @Override
    public void end(int status, String detail) {
        long now = System.nanoTime();
        if (status == OK && wrong == null) {
            recorder.success(startNanos, now);
        } else {
            recorder.failure(wrong == null ? detail : wrong, now);
        }
        run.done();
        next();
    }
}
