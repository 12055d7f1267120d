;; Asks in what is no kind, with bounds that leave nothing, and a default that is no choice.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"questions\":{\"questions\":[{\"id\":\"mood\",\"kind\":\"no kind\"},{\"id\":\"port\",\"kind\":\"integer\",\"min\":9,\"max\":1},{\"id\":\"region\",\"kind\":\"choice\",\"options\":[\"eu\",\"us\"],\"default\":\"moon\"},{\"id\":\"name\",\"kind\":\"text\",\"pattern\":\"(\"}]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 220)))
