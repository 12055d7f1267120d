  ;; What every generated guest has: reading the JSON of its input in place, and writing
  ;; its answer as text behind the input. The input is the compact JSON of the harness, so
  ;; that a value is compared by its bytes.

  ;; The answer begins at $start and ends at $end; the memory ends at $room.
  (global $start (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  (global $room (mut i32) (i32.const 0))

  (func $begin
    (global.set $start (i32.mul (memory.size) (i32.const 65536)))
    (global.set $end (global.get $start))
    (global.set $room (global.get $start)))

  ;; Makes room for $len more bytes.
  (func $reserve (param $len i32)
    (local $pages i32)
    (if (i32.gt_u (i32.add (global.get $end) (local.get $len)) (global.get $room))
      (then
        (local.set $pages
          (i32.add (i32.const 1)
            (i32.shr_u
              (i32.sub (i32.add (global.get $end) (local.get $len)) (global.get $room))
              (i32.const 16))))
        (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable))
        (global.set $room
          (i32.add (global.get $room) (i32.shl (local.get $pages) (i32.const 16)))))))

  (func $put (param $from i32) (param $len i32)
    (call $reserve (local.get $len))
    (memory.copy (global.get $end) (local.get $from) (local.get $len))
    (global.set $end (i32.add (global.get $end) (local.get $len))))

  (func $byte (param $byte i32)
    (call $reserve (i32.const 1))
    (i32.store8 (global.get $end) (local.get $byte))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  ;; A comma, unless an object or a list has just been opened.
  (func $comma
    (local $last i32)
    (local.set $last (i32.load8_u (i32.sub (global.get $end) (i32.const 1))))
    (if (i32.eqz (call $opens (local.get $last))) (then (call $byte (i32.const 44)))))

  (func $opens (param $byte i32) (result i32)
    (i32.or
      (i32.eq (local.get $byte) (i32.const 123))
      (i32.eq (local.get $byte) (i32.const 91))))

  (func $closes (param $byte i32) (result i32)
    (i32.or
      (i32.eq (local.get $byte) (i32.const 125))
      (i32.eq (local.get $byte) (i32.const 93))))

  ;; The end of the text that begins at $at.
  (func $quoted (param $at i32) (result i32)
    (local $byte i32)
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (loop $each
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 34))
        (then (return (i32.add (local.get $at) (i32.const 1)))))
      (local.set $at
        (i32.add (local.get $at)
          (select (i32.const 2) (i32.const 1) (i32.eq (local.get $byte) (i32.const 92)))))
      (br $each))
    unreachable)

  ;; The end of the value that begins at $at.
  (func $skip (param $at i32) (result i32)
    (local $byte i32) (local $depth i32)
    (loop $each
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 34))
        (then
          (local.set $at (call $quoted (local.get $at)))
          (br_if $each (local.get $depth))
          (return (local.get $at))))
      (if (call $opens (local.get $byte))
        (then (local.set $depth (i32.add (local.get $depth) (i32.const 1)))))
      (if (call $closes (local.get $byte))
        (then
          ;; A number or a word ends where the value around it does.
          (if (i32.eqz (local.get $depth)) (then (return (local.get $at))))
          (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
          (if (i32.eqz (local.get $depth))
            (then (return (i32.add (local.get $at) (i32.const 1)))))))
      (if (i32.and
            (i32.eq (local.get $byte) (i32.const 44))
            (i32.eqz (local.get $depth)))
        (then (return (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $each))
    unreachable)

  (func $equal (param $a i32) (param $b i32) (param $len i32) (result i32)
    (loop $each
      (if (i32.eqz (local.get $len)) (then (return (i32.const 1))))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (br_if $each
        (i32.eq
          (i32.load8_u (i32.add (local.get $a) (local.get $len)))
          (i32.load8_u (i32.add (local.get $b) (local.get $len))))))
    (i32.const 0))

  ;; The member $key of the object at $at; 0 if there is none.
  (func $member (param $at i32) (param $key i32) (param $len i32) (result i32)
    (local $name i32) (local $end i32)
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 123)) (then (return (i32.const 0))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (loop $each
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 34)) (then (return (i32.const 0))))
      (local.set $name (i32.add (local.get $at) (i32.const 1)))
      (local.set $end (call $quoted (local.get $at)))
      (local.set $at (i32.add (local.get $end) (i32.const 1)))
      (if (i32.eq
            (i32.sub (i32.sub (local.get $end) (i32.const 1)) (local.get $name))
            (local.get $len))
        (then
          (if (call $equal (local.get $name) (local.get $key) (local.get $len))
            (then (return (local.get $at))))))
      ;; Behind the value and its comma.
      (local.set $at (i32.add (call $skip (local.get $at)) (i32.const 1)))
      (br $each))
    (i32.const 0))

  (func $absent (param $at i32) (result i32)
    (if (i32.eqz (local.get $at)) (then (return (i32.const 1))))
    (i32.eq (i32.load8_u (local.get $at)) (i32.const 110)))

  (func $same (param $at i32) (param $value i32) (param $len i32) (result i32)
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (if (i32.ne (i32.sub (call $skip (local.get $at)) (local.get $at)) (local.get $len))
      (then (return (i32.const 0))))
    (call $equal (local.get $at) (local.get $value) (local.get $len)))

  ;; Whether the text at $at holds the characters of $part.
  (func $holds (param $at i32) (param $part i32) (param $len i32) (result i32)
    (local $last i32)
    (if (i32.eqz (call $is_text (local.get $at))) (then (return (i32.const 0))))
    (local.set $last
      (i32.sub (i32.sub (call $quoted (local.get $at)) (i32.const 1)) (local.get $len)))
    (loop $each
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.gt_s (local.get $at) (local.get $last)) (then (return (i32.const 0))))
      (br_if $each
        (i32.eqz (call $equal (local.get $at) (local.get $part) (local.get $len)))))
    (i32.const 1))

  (func $is_text (param $at i32) (result i32)
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (i32.eq (i32.load8_u (local.get $at)) (i32.const 34)))

  ;; Whether the bytes from $at to $end are a whole number of at most 18 digits.
  (func $digits (param $at i32) (param $end i32) (result i32)
    (local $len i32)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 45))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (local.set $len (i32.sub (local.get $end) (local.get $at)))
    (if (i32.or
          (i32.eqz (local.get $len))
          (i32.gt_u (local.get $len) (i32.const 18)))
      (then (return (i32.const 0))))
    (loop $each
      (if (i32.gt_u
            (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))
            (i32.const 9))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $at) (local.get $end))))
    (i32.const 1))

  (func $is_whole (param $at i32) (result i32)
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (call $digits (local.get $at) (call $skip (local.get $at))))

  ;; Whether it is a text of digits.
  (func $is_spelled (param $at i32) (result i32)
    (if (i32.eqz (call $is_text (local.get $at))) (then (return (i32.const 0))))
    (call $digits
      (i32.add (local.get $at) (i32.const 1))
      (i32.sub (call $quoted (local.get $at)) (i32.const 1))))

  ;; The whole number at $at, or the one that the text at $at spells.
  (func $number (param $at i32) (result i64)
    (local $minus i32) (local $digit i32) (local $sum i64)
    (if (call $is_text (local.get $at))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (local.set $minus (i32.eq (i32.load8_u (local.get $at)) (i32.const 45)))
    (local.set $at (i32.add (local.get $at) (local.get $minus)))
    (loop $each
      (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (if (i32.le_u (local.get $digit) (i32.const 9))
        (then
          (local.set $sum
            (i64.add
              (i64.mul (local.get $sum) (i64.const 10))
              (i64.extend_i32_u (local.get $digit))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $each))))
    (select
      (i64.sub (i64.const 0) (local.get $sum))
      (local.get $sum)
      (local.get $minus)))

  ;; Characters of the text at $at; 0 of what is no text.
  (func $chars (param $at i32) (result i32)
    (local $end i32) (local $byte i32) (local $count i32)
    (if (i32.eqz (call $is_text (local.get $at))) (then (return (i32.const 0))))
    (local.set $end (i32.sub (call $quoted (local.get $at)) (i32.const 1)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (loop $each
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $count))))
      (local.set $byte (i32.load8_u (local.get $at)))
      ;; No byte within a character counts.
      (local.set $count
        (i32.add (local.get $count)
          (i32.ne (i32.and (local.get $byte) (i32.const 0xc0)) (i32.const 0x80))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.eq (local.get $byte) (i32.const 92))
        (then
          ;; An escape, `\n` or `\u0001`.
          (local.set $at
            (i32.add (local.get $at)
              (select (i32.const 5) (i32.const 1)
                (i32.eq (i32.load8_u (local.get $at)) (i32.const 117)))))))
      (br $each))
    unreachable)

  ;; Whether each byte of the text at $at is from $least to $most.
  (func $within (param $at i32) (param $least i32) (param $most i32) (result i32)
    (local $end i32)
    (if (i32.eqz (call $is_text (local.get $at))) (then (return (i32.const 0))))
    (local.set $end (i32.sub (call $quoted (local.get $at)) (i32.const 1)))
    (loop $each
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 1))))
      (br_if $each
        (i32.le_u
          (i32.sub (i32.load8_u (local.get $at)) (local.get $least))
          (i32.sub (local.get $most) (local.get $least)))))
    (i32.const 0))

  (func $put_value (param $at i32)
    (if (i32.eqz (local.get $at))
      (then (call $put (i32.const 8) (i32.const 4)))
      (else
        (call $put (local.get $at) (i32.sub (call $skip (local.get $at)) (local.get $at))))))

  ;; What the text at $at holds, or a number or word; nothing of an object or a list.
  (func $put_inner (param $at i32)
    (if (call $absent (local.get $at)) (then (return)))
    (if (call $opens (i32.load8_u (local.get $at))) (then (return)))
    (if (call $is_text (local.get $at))
      (then
        (call $put
          (i32.add (local.get $at) (i32.const 1))
          (i32.sub (i32.sub (call $quoted (local.get $at)) (local.get $at)) (i32.const 2))))
      (else (call $put_value (local.get $at)))))

  ;; Whether the text at $at is of printable characters alone, without a backslash, so
  ;; that its bytes can be rearranged.
  (func $is_simple (param $at i32) (result i32)
    (local $end i32) (local $byte i32)
    (if (i32.eqz (call $within (local.get $at) (i32.const 32) (i32.const 126)))
      (then (return (i32.const 0))))
    (local.set $end (call $quoted (local.get $at)))
    (loop $each
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 1))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $each (i32.ne (local.get $byte) (i32.const 92))))
    (i32.const 0))

  (func $len (param $at i32) (result i32)
    (i32.sub (i32.sub (call $quoted (local.get $at)) (local.get $at)) (i32.const 2)))

  ;; The first half of a text, or the second.
  (func $put_half (param $at i32) (param $second i32)
    (local $len i32) (local $half i32)
    (if (i32.eqz (call $is_simple (local.get $at))) (then (return)))
    (local.set $len (call $len (local.get $at)))
    (local.set $half (i32.shr_u (local.get $len) (i32.const 1)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (if (local.get $second)
      (then
        (call $put
          (i32.add (local.get $at) (local.get $half))
          (i32.sub (local.get $len) (local.get $half))))
      (else (call $put (local.get $at) (local.get $half)))))

  (func $put_reversed (param $at i32)
    (local $last i32)
    (if (i32.eqz (call $is_simple (local.get $at))) (then (return)))
    (local.set $last (i32.add (local.get $at) (call $len (local.get $at))))
    (loop $each
      (if (i32.gt_u (local.get $last) (local.get $at))
        (then
          (call $byte (i32.load8_u (local.get $last)))
          (local.set $last (i32.sub (local.get $last) (i32.const 1)))
          (br $each)))))

  (func $put_hex (param $at i32)
    (local $end i32) (local $byte i32)
    (if (i32.eqz (call $is_simple (local.get $at))) (then (return)))
    (local.set $end (i32.add (local.get $at) (call $len (local.get $at))))
    (loop $each
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $byte (i32.load8_u (local.get $at)))
          (call $put (i32.add (i32.const 16) (i32.shr_u (local.get $byte) (i32.const 4)))
            (i32.const 1))
          (call $put (i32.add (i32.const 16) (i32.and (local.get $byte) (i32.const 15)))
            (i32.const 1))
          (br $each)))))

  (func $put_decimal (param $number i64)
    (if (i64.gt_u (local.get $number) (i64.const 9))
      (then (call $put_decimal (i64.div_u (local.get $number) (i64.const 10)))))
    (call $byte
      (i32.add (i32.const 48)
        (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10))))))

  ;; The bytes of a text, as the items of a list.
  (func $put_bytes (param $at i32)
    (local $end i32)
    (if (i32.eqz (call $is_text (local.get $at))) (then (return)))
    (local.set $end (i32.sub (call $quoted (local.get $at)) (i32.const 1)))
    (loop $each
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (call $comma)
          (call $put_decimal (i64.load8_u (local.get $at)))
          (br $each)))))

  ;; The scheme and the host of the URL at $at, or what follows them.
  (func $put_origin (param $at i32) (param $rest i32)
    (local $end i32) (local $byte i32) (local $slashes i32)
    (if (i32.eqz (call $is_text (local.get $at))) (then (return)))
    (local.set $end (i32.sub (call $quoted (local.get $at)) (i32.const 1)))
    (loop $each
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $byte (i32.load8_u (local.get $at)))
          (local.set $slashes
            (i32.add (local.get $slashes) (i32.eq (local.get $byte) (i32.const 47))))
          (if (i32.eq
                (i32.ge_u (local.get $slashes) (i32.const 3))
                (local.get $rest))
            (then (call $byte (local.get $byte))))
          (br $each)))))
