;; Asks for a secret that was never declared.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"requirements\":{\"provider_id\":\"requirements-mismatch\",\"config\":{\"required\":[\"endpoint\"],\"optional\":[]},\"secrets\":{\"required\":[\"undeclared_token\"],\"optional\":[]}}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 163)))
