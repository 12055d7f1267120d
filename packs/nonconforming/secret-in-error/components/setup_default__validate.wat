;; Repeats the secret.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"diagnostics\":[{\"severity\":\"error\",\"code\":\"BAD_KEY\",\"message\":\"the key tok-4f1c9a7e2b60 is not accepted\"}]}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 108)))
