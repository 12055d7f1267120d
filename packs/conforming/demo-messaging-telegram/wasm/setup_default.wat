;; The setup wizard of a messaging provider, all steps in one module: it reads
;; the step, the token and the public base URL out of its input, refuses setup
;; without them, and builds its plan from the base URL that it was given.
(module
  (memory (export "memory") 2)
  ;; Constants stand in page 0; an answer that is built stands in page 1.
  (data (i32.const 16) "\"step\":\"validate\"") ;; validate
  (data (i32.const 48) "\"step\":\"apply\"") ;; apply
  (data (i32.const 64) "\"step\":\"summary\"") ;; summary
  (data (i32.const 80) "\"public_base_url\":\"https://") ;; base
  (data (i32.const 112) "\"bot_token\":\"") ;; token
  (data (i32.const 128) "{\"questions\":{\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"body\":[{\"type\":\"Input.Text\",\"id\":\"default_chat_id\",\"label\":\"Default chat id\",\"isRequired\":false},{\"type\":\"Input.Text\",\"id\":\"bot_token\",\"label\":\"Bot token\",\"isRequired\":true,\"style\":\"Password\"}]}}") ;; collect_answer
  (data (i32.const 384) "{\"diagnostics\":[{\"severity\":\"info\",\"code\":\"ANSWERS_ACCEPTED\",\"message\":\"The answers are complete.\"}]}") ;; accepted
  (data (i32.const 496) "{\"diagnostics\":[{\"severity\":\"error\",\"code\":\"BOT_TOKEN_MISSING\",\"message\":\"`bot_token` is required.\",\"path\":\"secrets.bot_token\",\"hint\":\"Ask the provider's bot administration for a token.\"}]}") ;; no_token
  (data (i32.const 688) "{\"diagnostics\":[{\"severity\":\"error\",\"code\":\"PUBLIC_BASE_URL_MISSING\",\"message\":\"A public https base URL is required for the webhook.\",\"path\":\"public_base_url\"}]}") ;; no_base
  (data (i32.const 864) "{\"plan\":{\"config_patch\":{\"api_base_url\":\"https://api.telegram.invalid\",\"public_base_url\":\"") ;; plan_head
  (data (i32.const 960) "\"},\"secrets_patch\":{\"set\":{\"bot_token\":{\"redacted\":true,\"value\":null}},\"delete\":[]},\"webhook_ops\":[{\"op\":\"register\",\"id\":\"telegram-updates\",\"url\":\"") ;; plan_middle
  (data (i32.const 1120) "/webhook/telegram\",\"metadata\":{\"allowed_updates\":[\"message\",\"callback_query\"]}}],\"subscription_ops\":[],\"oauth_ops\":[],\"notes\":[\"Registers one webhook for messages and button presses.\"]}}") ;; plan_tail
  (data (i32.const 1312) "{\"summary\":{\"status\":\"configured\",\"webhooks\":1,\"secrets\":[\"bot_token\"]}}") ;; summary_answer
  (data (i32.const 1400) "\"default_chat_id\":") ;; chat
  (data (i32.const 1424) "{\"diagnostics\":[{\"severity\":\"error\",\"code\":\"DEFAULT_CHAT_ID_TYPE\",\"message\":\"`default_chat_id` has to be a text.\",\"path\":\"config.default_chat_id\"}]}") ;; chat_type
  (global $end (mut i32) (i32.const 65536))

  ;; The address of the needle's first occurrence, or -1.
  (func $find (param $hay i32) (param $hay_len i32) (param $needle i32) (param $len i32) (result i32)
    (local $last i32) (local $i i32)
    (if (i32.gt_u (local.get $len) (local.get $hay_len)) (then (return (i32.const -1))))
    (local.set $last
      (i32.sub (i32.add (local.get $hay) (local.get $hay_len)) (local.get $len)))
    (loop $place
      (local.set $i (i32.const 0))
      (block $differs
        (loop $same
          (if (i32.eq (local.get $i) (local.get $len)) (then (return (local.get $hay))))
          (br_if $differs
            (i32.ne
              (i32.load8_u (i32.add (local.get $hay) (local.get $i)))
              (i32.load8_u (i32.add (local.get $needle) (local.get $i)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $same)))
      (local.set $hay (i32.add (local.get $hay) (i32.const 1)))
      (br_if $place (i32.le_u (local.get $hay) (local.get $last))))
    (i32.const -1))

  ;; Appends bytes to the answer.
  (func $append (param $from i32) (param $len i32)
    (memory.copy (global.get $end) (local.get $from) (local.get $len))
    (global.set $end (i32.add (global.get $end) (local.get $len))))

  ;; How many bytes stand before the next quotation mark.
  (func $until_quote (param $at i32) (result i32)
    (local $len i32)
    (loop $next
      (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $len))) (i32.const 34))
        (then
          (local.set $len (i32.add (local.get $len) (i32.const 1)))
          (br $next))))
    (local.get $len))

  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (local $base i32) (local $base_len i32) (local $chat i32)
    ;; Earlier steps are in the input too, so the latest one that is named is due.
    (if (i32.ne (i32.const -1) (call $find (local.get $ptr) (local.get $len) (i32.const 64) (i32.const 16)))
      (then (return (i32.const 1312) (i32.const 72))))
    (local.set $base (call $find (local.get $ptr) (local.get $len) (i32.const 80) (i32.const 27)))
    (if (i32.ne (i32.const -1) (call $find (local.get $ptr) (local.get $len) (i32.const 48) (i32.const 14)))
      (then
        ;; Validate has seen to it that there is one.
        (local.set $base (i32.add (local.get $base) (i32.const 19)))
        (local.set $base_len (call $until_quote (local.get $base)))
        (call $append (i32.const 864) (i32.const 90))
        (call $append (local.get $base) (local.get $base_len))
        (call $append (i32.const 960) (i32.const 147))
        (call $append (local.get $base) (local.get $base_len))
        (call $append (i32.const 1120) (i32.const 186))
        (return (i32.const 65536) (i32.sub (global.get $end) (i32.const 65536)))))
    (if (i32.eq (i32.const -1) (call $find (local.get $ptr) (local.get $len) (i32.const 16) (i32.const 17)))
      (then (return (i32.const 128) (i32.const 248))))
    (if (i32.eq (i32.const -1) (call $find (local.get $ptr) (local.get $len) (i32.const 112) (i32.const 13)))
      (then (return (i32.const 496) (i32.const 189))))
    (if (i32.eq (i32.const -1) (local.get $base))
      (then (return (i32.const 688) (i32.const 161))))
    ;; A chat may be left out; where there is one, it begins with a quotation mark.
    (local.set $chat (call $find (local.get $ptr) (local.get $len) (i32.const 1400) (i32.const 18)))
    (if (i32.ne (i32.const -1) (local.get $chat))
      (then
        (if (i32.ne (i32.const 34) (i32.load8_u offset=18 (local.get $chat)))
          (then (return (i32.const 1424) (i32.const 148))))))
    (i32.const 384) (i32.const 101)))
