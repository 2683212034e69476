/* Channels: values of one type handed from task to task, in order, each to exactly one receiver.
 *
 *   auto [tx, rx] = crib::channel<std::string>(10);
 *
 * Ends are moved; another one is made by clone(). When the last sender is gone receivers get what is buffered and then the
 * end; when the last receiver is gone senders fail with crib::broken. What nobody received is destroyed, exactly once. */
#ifndef CRIB_CHANNEL_HPP
#define CRIB_CHANNEL_HPP

#include <crib/channel.h>

#include <cstddef>
#include <iterator>
#include <vector>

#include "handle.hpp"
#include "operation.hpp"
#include "task.hpp"

namespace crib {

inline constexpr size_t unbounded = CRIB_UNBOUNDED;

/** What a send does when the buffer is full. */
enum class overflow {
    wait = CRIB_OVERFLOW_WAIT,
    drop_oldest = CRIB_OVERFLOW_DROP_OLDEST,
    drop_newest = CRIB_OVERFLOW_DROP_NEWEST,
    latest = CRIB_OVERFLOW_LATEST, /* one value, the last */
};

struct channel_options {
    size_t capacity = 0; /* 0: a send waits for its receiver; crib::unbounded */
    crib::overflow overflow = overflow::wait;
};

namespace detail {

/* What came out of a channel as a T; throws if it is something else. */
template <class T>
T unpack(crib_value v) {
    if (holds<T>(v)) return unbox<T>(v);
    throw foreign_value(value(v), type_name<T>.data());
}

/* With the tree, if the channel was closed with an error. */
[[noreturn]] inline void throw_not_received(int status, crib_receiver *rx, crib_op *op) {
    error_ref tree = tree_of(op, status);
    if (tree.get() == nullptr) tree = error_ref(crib_receiver_error(rx));
    throw_status(status, std::move(tree));
}

template <class T>
struct send_kind : plain_kind {
    crib_sender *tx;
    value boxed;
    static const char *name() { return "crib::sender::send"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_send(op, tx, boxed.release())); }
    int block(crib_value *) { return crib_sender_send(tx, boxed.release()); }
};

template <class T>
struct receive_kind {
    using result = std::optional<T>;
    crib_receiver *rx;
    static const char *name() { return "crib::receiver::receive"; }
    crib_result begin(crib_op *op) { return crib_begin_receive(op, rx); }
    int block(crib_value *out) { return crib_receiver_receive(rx, out); }
    result finish(int status, crib_value v, crib_op *op) const {
        if (status == 0) return unpack<T>(v);
        if (status == CRIB_EENDOFCHANNEL) return std::nullopt;
        throw_not_received(status, rx, op);
    }
};

/* Unpacks what is in a list; what follows a value that is refused is dropped. */
template <class T>
std::vector<T> unpack_all(std::vector<value> &&values) {
    std::vector<T> items;
    items.reserve(values.size());
    for (value &v : values) items.push_back(unpack<T>(v.release()));
    return items;
}

template <class T>
struct receive_batch_kind {
    using result = std::vector<T>;
    crib_receiver *rx;
    size_t most;
    static const char *name() { return "crib::receiver::receive_batch"; }
    crib_result begin(crib_op *op) { return crib_begin_receive(op, rx); }
    int block(crib_value *out) { return crib_receiver_receive(rx, out); }
    result finish(int status, crib_value v, crib_op *op) {
        if (status == CRIB_EENDOFCHANNEL) return {};
        if (status < 0) throw_not_received(status, rx, op);
        std::vector<value> values;
        values.emplace_back(v);
        std::vector<crib_value> more(most > 1 ? most - 1 : 0);
        const int count = more.empty() ? 0 : crib_receiver_receive_batch_nowait(rx, more.data(), more.size());
        for (int i = 0; i < count; i++) values.emplace_back(more[static_cast<size_t>(i)]);
        return unpack_all<T>(std::move(values));
    }
};

template <class Raw, class Call>
crib_channel_stats channel_statistics(const Raw *end, Call call) {
    crib_channel_stats stats{};
    stats.size = sizeof stats;
    check(call(end, &stats));
    return stats;
}

}  // namespace detail

/** The sending end of a channel of T. */
template <class T>
class sender : public handle<crib_sender> {
  public:
    using value_type = T;
    using handle::handle;

    /** Sends, waiting for room; in a rendezvous for a receiver. Fails with crib::broken when nobody is left to receive. */
    auto send(T item) const {
        return operation<detail::send_kind<T>>(detail::send_kind<T>{{}, get(), value(detail::box(std::move(item)))});
    }
    /** Sends if that needs no wait; else gives false, and the item is untouched. */
    bool send_nowait(T &&item) const { return try_send(item); }
    bool send_nowait(T &item) const { return try_send(item); }

    [[nodiscard]] sender clone() const { return sender(detail::made(crib_sender_clone(get()))); }
    /** Closes this end; tasks that wait on it fail with crib::closed. */
    void close() const noexcept { crib_sender_close(get()); }
    /** Closes this end with an exception, which receivers get instead of the end, after what is buffered. */
    void close(const std::exception_ptr &e) const {
        try {
            std::rethrow_exception(e);
        } catch (...) {
            detail::check(crib_sender_close_error(get(), detail::capture(nullptr)));
        }
    }
    [[nodiscard]] crib_channel_stats statistics() const {
        return detail::channel_statistics(get(), crib_sender_statistics);
    }

  private:
    bool try_send(T &item) const {
        crib_value v = detail::box(std::move(item));
        const int rc = crib_sender_send_nowait(get(), &v);
        if (rc == 0) return true;
        item = detail::unbox<T>(v);
        if (rc == CRIB_EWOULDBLOCK) return false;
        detail::throw_code(rc);
    }
};

/** The receiving end of a channel of T. In a fiber it is a range: for (auto &item : rx). */
template <class T>
class receiver : public handle<crib_receiver> {
  public:
    using value_type = T;
    using handle::handle;

    /** The oldest value, waiting for one; an empty optional when the channel has ended. What is no T is thrown as
     * crib::foreign_value. */
    auto receive() const { return operation<detail::receive_kind<T>>(detail::receive_kind<T>{get()}); }
    /** As many values as there are, 1 to `most`, waiting for the first; none when the channel has ended. */
    auto receive_batch(size_t most) const {
        return operation<detail::receive_batch_kind<T>>(detail::receive_batch_kind<T>{get(), most});
    }
    /** The oldest value if there is one now. Fails with crib::end_of_channel when there will be none. */
    [[nodiscard]] std::optional<T> receive_nowait() const {
        crib_value v{nullptr, nullptr};
        const int rc = crib_receiver_receive_nowait(get(), &v);
        if (rc == 0) return detail::unpack<T>(v);
        if (rc == CRIB_EWOULDBLOCK) return std::nullopt;
        detail::throw_not_received(rc, get(), nullptr);
    }

    [[nodiscard]] receiver clone() const { return receiver(detail::made(crib_receiver_clone(get()))); }
    /** Closes this end; tasks that wait on it fail with crib::closed. */
    void close() const noexcept { crib_receiver_close(get()); }
    [[nodiscard]] crib_channel_stats statistics() const {
        return detail::channel_statistics(get(), crib_receiver_statistics);
    }

    /** Receives until the channel has ended, in a fiber. */
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::input_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using pointer = T *;
        using reference = T &;

        iterator() = default;
        explicit iterator(const receiver *rx) : rx_(rx) { ++*this; }
        T &operator*() const { return *item_; }
        T *operator->() const { return &*item_; }
        iterator &operator++() {
            detail::refuse_blocking("crib::receiver: a coroutine awaits receive() instead of a range");
            auto next = rx_->receive();
            item_.reset();
            if (next) item_.emplace(std::move(*next));
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return !item_.has_value(); }

      private:
        const receiver *rx_ = nullptr;
        mutable std::optional<T> item_;
    };
    [[nodiscard]] iterator begin() const { return iterator(this); }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }
};

/** A channel: both ends, to be taken apart. */
template <class T>
struct channel {
    sender<T> tx;
    receiver<T> rx;

    /** Buffers up to `capacity` values; with 0 a send waits for its receiver. */
    explicit channel(size_t capacity = 0) : channel(channel_options{capacity, overflow::wait}) {}
    explicit channel(channel_options options) {
        crib_channel_options raw{};
        raw.size = sizeof raw;
        raw.capacity = options.capacity;
        raw.overflow = static_cast<int32_t>(options.overflow);
        crib_sender *raw_tx = nullptr;
        crib_receiver *raw_rx = nullptr;
        detail::check(crib_channel_open_with(&raw, &raw_tx, &raw_rx));
        tx = sender<T>(raw_tx);
        rx = receiver<T>(raw_rx);
    }

    auto send(T item) const { return tx.send(std::move(item)); }
    auto receive() const { return rx.receive(); }
};

/** A channel between runs in different threads. Its ends may be moved to another thread; T must be crib::sendable. */
template <class T>
struct shared_channel {
    static_assert(sendable<T>, "crib::sendable<T> says whether a T may go to another thread");

    sender<T> tx;
    receiver<T> rx;

    explicit shared_channel(size_t capacity) {
        crib_sender *raw_tx = nullptr;
        crib_receiver *raw_rx = nullptr;
        detail::check(crib_channel_open_shared(capacity, &raw_tx, &raw_rx));
        tx = sender<T>(raw_tx);
        rx = receiver<T>(raw_rx);
    }
};

}  // namespace crib

#endif
