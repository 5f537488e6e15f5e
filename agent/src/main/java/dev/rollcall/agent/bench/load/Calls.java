package dev.rollcall.agent.bench.load;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.wire.CallEvents;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/** Single calls, for what goes before and after a load. */
public final class Calls {
    private static final int TIMEOUT_S = 30;
    private static final int AT_A_TIME = 256;

    private Calls() {}

    /** Begins a call; fails with {@link BenchException} if the server refuses it. */
    public static <T extends Message> CompletableFuture<T> start(
            GrpcConnection connection, EtcdMethod method, Message request, Parser<T> parser) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        byte[] bytes = request.toByteArray();
        connection.loop().execute(() -> connection.unary(method, bytes, new Answer<>(answer, parser)));
        return answer;
    }

    /** Carries out one call. */
    public static <T extends Message> T call(
            GrpcConnection connection, EtcdMethod method, Message request, Parser<T> parser)
            throws InterruptedException {
        return await(start(connection, method, request, parser));
    }

    /** Carries out many calls, some hundred at a time, and answers what they answered, in order. */
    static <T extends Message> List<T> all(int count, IntFunction<CompletableFuture<T>> call)
            throws InterruptedException {
        List<T> answers = new ArrayList<>(count);
        List<CompletableFuture<T>> started = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            started.add(call.apply(i));
            if (i >= AT_A_TIME) {
                answers.add(await(started.get(i - AT_A_TIME)));
            }
        }
        while (answers.size() < count) {
            answers.add(await(started.get(answers.size())));
        }
        return answers;
    }

    private static <T> T await(CompletableFuture<T> answer) throws InterruptedException {
        try {
            return answer.get(TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof BenchException refused ? refused : new BenchException(e.toString(), e);
        } catch (TimeoutException e) {
            throw new BenchException("the server gave no answer within " + TIMEOUT_S + " s", e);
        }
    }

    private static final class Answer<T extends Message> implements CallEvents {
        private final CompletableFuture<T> answer;
        private final Parser<T> parser;
        private byte[] bytes = {};

        Answer(CompletableFuture<T> answer, Parser<T> parser) {
            this.answer = answer;
            this.parser = parser;
        }

        @Override
        public void message(ByteBuf in, int length) {
            bytes = new byte[length];
            in.readBytes(bytes);
        }

        @Override
        public void end(int status, String detail) {
            if (status != OK) {
                answer.completeExceptionally(new BenchException(detail));
                return;
            }
            try {
                answer.complete(parser.parseFrom(bytes));
            } catch (InvalidProtocolBufferException e) {
                answer.completeExceptionally(e);
            }
        }
    }
}
